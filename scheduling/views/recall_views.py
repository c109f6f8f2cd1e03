"""The lists a person keeps under a name: the recall list with its filters and order, without its page."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.actions import delete_view, rename_view, save_view
from accounts.forms import ViewNameForm
from accounts.models import SavedView
from scheduling.forms import list_query
from scheduling.recall_filters import SAVED_AS
from scheduling.views.recalls import list_url


@require_http_methods(["GET", "POST"])
@permission_required("scheduling.view_recalls", raise_exception=True)
def view_save(request: HttpRequest) -> HttpResponse:
    """Keep the list as it is filtered now under a name."""
    source = request.POST if request.method == "POST" else request.GET
    query = list_query(source.get("query", ""), paging=False)
    form = ViewNameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            view = save_view(user=request.user, page=SAVED_AS, name=form.cleaned_data["name"], query=query)  # type: ignore[arg-type]
        except ValidationError as error:
            form.add_error("name", error.messages[0])
        else:
            messages.success(request, f"“{view.name}” is kept above the list.")
            return redirect(list_url(query))
    context = {"form": form, "query": query, "list_url": list_url(query)}
    return render(request, "scheduling/recall_view_edit.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@permission_required("scheduling.view_recalls", raise_exception=True)
def view_edit(request: HttpRequest, view_id: int) -> HttpResponse:
    """Rename a view of one's own, or delete it."""
    view = get_object_or_404(SavedView, pk=view_id, user=request.user, page=SAVED_AS)
    name = view.name
    if request.method == "POST" and request.POST.get("delete") == "1":
        delete_view(view=view)
        messages.success(request, f"“{name}” is deleted.")
        return redirect(list_url(view.query))
    form = ViewNameForm(request.POST or None, initial={"name": name})
    if request.method == "POST" and form.is_valid():
        try:
            rename_view(view=view, name=form.cleaned_data["name"])
        except ValidationError as error:
            form.add_error("name", error.messages[0])
        else:
            messages.success(request, f"It is called “{view.name}” now.")
            return redirect(list_url(view.query))
    context = {"form": form, "view": view, "name": name, "query": view.query, "list_url": list_url(view.query)}
    return render(request, "scheduling/recall_view_edit.html", context, status=422 if form.is_bound else 200)
