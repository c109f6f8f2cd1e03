"""The filters of the outcomes page that a person keeps under a name."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.actions import delete_view, rename_view, save_view
from accounts.forms import ViewNameForm
from accounts.models import SavedView
from outcomes.review_form import SAVED_AS
from outcomes.review_page import ReviewPage
from outcomes.views.review import review_page, valid_page


@require_http_methods(["GET", "POST"])
@permission_required("outcomes.view_review", raise_exception=True)
def view_save(request: HttpRequest) -> HttpResponse:
    """Keep the filters that stand in the address under a name."""
    page = valid_page(request)
    form = ViewNameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            view = save_view(
                user=request.user, page=SAVED_AS, name=form.cleaned_data["name"], query=urlencode(page.links.query)
            )
        except ValidationError as error:
            form.add_error("name", error.messages[0])
        else:
            messages.success(request, f"“{view.name}” is kept above the figures.")
            return redirect(page.links.page())
    context = {"form": form, "words": page.form.words(), "page_url": page.links.page()}
    return render(request, "outcomes/review_view_edit.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@permission_required("outcomes.view_review", raise_exception=True)
def view_edit(request: HttpRequest, view_id: int) -> HttpResponse:
    """Rename a view of one's own, or delete it."""
    view = get_object_or_404(SavedView, pk=view_id, user=request.user, page=SAVED_AS)
    name, page_url = view.name, f"{reverse('outcomes:review')}?{view.query}"
    if request.method == "POST" and request.POST.get("delete") == "1":
        delete_view(view=view)
        messages.success(request, f"“{name}” is deleted.")
        return redirect(page_url)
    form = ViewNameForm(request.POST or None, initial={"name": name})
    if request.method == "POST" and form.is_valid():
        try:
            rename_view(view=view, name=form.cleaned_data["name"])
        except ValidationError as error:
            form.add_error("name", error.messages[0])
        else:
            messages.success(request, f"It is called “{view.name}” now.")
            return redirect(page_url)
    kept = ReviewPage(request.user, QueryDict(view.query), today=review_page(request).today)
    words = kept.form.words() if kept.form.is_valid() else ["filters that can no longer be chosen"]
    context = {"form": form, "view": view, "name": name, "words": words, "page_url": page_url}
    return render(request, "outcomes/review_view_edit.html", context, status=422 if form.is_bound else 200)
