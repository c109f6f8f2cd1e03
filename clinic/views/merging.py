"""Two records of one person: the likely pairs, both side by side, made one, and taken apart again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.actions import record
from audit.models import StaleVersionError
from clinic.forms import MergeForm, PairForm, TakeApartForm
from clinic.merging.merge import AlreadyMergedError, added_since, later_merge, merge_patients, take_apart
from clinic.merging.preview import may_see, moved_words, preview
from clinic.merging.rows import row_words
from patients.actions.apart import take_back_apart, tell_apart
from patients.forms import SearchForm
from patients.likely_pairs import likely_pairs
from patients.models import Patient, PatientMerge, PossibleDuplicate
from patients.rules import read_search

PAGE = 20
MOST_FOUND = 20
MOST_ADDED = 50
JUST_APART = "just_told_apart"


@require_GET
@permission_required("patients.view_merges", raise_exception=True)
def pair_list(request: HttpRequest) -> HttpResponse:
    """Records that may be one person's, the newest first."""
    phone_alone = request.GET.get("phone") == "1"
    apart = list(Patient.objects.visible_to(request.user).filter(pk__in=request.session.pop(JUST_APART, [])))
    found = likely_pairs(by=request.user, before=_number(request, "before"), most=PAGE, phone_alone=phone_alone)
    return render(
        request,
        "clinic/pair_list.html",
        {
            "found": found,
            "apart": apart if len(apart) == 2 else [],
            "phone_alone": phone_alone,
            "before": _number(request, "before"),
            "imported": PossibleDuplicate.objects.visible_to(request.user).waiting().count(),
        },
    )


@require_POST
@permission_required(("patients.view_merges", "patients.change_patient"), raise_exception=True)
def pair_apart(request: HttpRequest) -> HttpResponse:
    """Two people: the pair is not shown again; with `undo` it is."""
    form = PairForm(request.POST)
    if not form.is_valid():
        raise Http404
    patients = Patient.objects.visible_to(request.user)
    one = get_object_or_404(patients, pk=form.cleaned_data["first"])
    other = get_object_or_404(patients.exclude(pk=one.pk), pk=form.cleaned_data["second"])
    if "undo" in request.POST:
        take_back_apart(one=one, other=other, by=request.user)
        messages.success(request, f"Records {one.record_number} and {other.record_number} may be one person's again.")
    else:
        tell_apart(one=one, other=other, by=request.user)
        request.session[JUST_APART] = [one.pk, other.pk]
    return redirect("clinic:pair-list")


@require_http_methods(["GET", "POST"])
@permission_required("patients.view_merges", raise_exception=True)
def merge_find(request: HttpRequest, patient_id: int) -> HttpResponse:
    """The other record of this person, by search; the text comes in the body, as in the box on top."""
    patients = Patient.objects.visible_to(request.user)
    patient = get_object_or_404(patients.select_related("site").with_facts(), pk=patient_id)
    today = patient.site.today()
    form = SearchForm(request.POST or None)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    terms = read_search(text, on=today)
    found = list(patients.exclude(pk=patient.pk).search(terms, limit=MOST_FOUND)) if terms else []
    if terms:
        record(action="search", by=request.user, detail=f"{len(found)} found")
    else:
        record(action="chart-read", by=request.user, patient_id=patient.pk, subject=patient)
    return render(
        request,
        "clinic/merge_find.html",
        {"patient": patient, "today": today, "text": text, "terms": terms, "patients": found},
    )


@require_http_methods(["GET", "POST"])
@permission_required("patients.view_merges", raise_exception=True)
def merge_preview(request: HttpRequest, patient_id: int, other_id: int) -> HttpResponse:
    """Both records side by side; with the right to it, made one."""
    patients = Patient.objects.visible_to(request.user).select_related("site").in_bulk([patient_id, other_id])
    if len(patients) < 2:
        return _merged_already(request, patient_id, other_id)
    if request.method == "POST" and not request.user.has_perm("patients.merge_patient"):
        raise PermissionDenied
    kept, merged = patients[patient_id], patients[other_id]
    shown = preview(kept, merged, on=kept.site.today(), by=request.user)
    versions = {"kept_version": kept.version, "merged_version": merged.version}
    form = MergeForm(
        request.POST if request.method == "POST" else None, initial=versions, fields=shown.fields, twins=shown.twins
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                merge = merge_patients(
                    kept=kept,
                    merged=merged,
                    versions=(form.cleaned_data["kept_version"], form.cleaned_data["merged_version"]),
                    take=form.take(),
                    goes_on=form.goes_on(),
                    reason=form.cleaned_data["reason"],
                    by=request.user,
                    now=timezone.now(),
                )
            except AlreadyMergedError:
                messages.warning(request, "Somebody else merged one of these records in the meantime.")
                return redirect("clinic:merge-list")
            except StaleVersionError:
                form.add_error(None, "One of the records was changed after you opened this page. Look at both again.")
                data = form.data.copy()
                data.update({name: str(version) for name, version in versions.items()})
                form.data = data
                status = 409
            except ValidationError as error:
                _show(form, error)
            else:
                messages.success(request, f"Record {merged.record_number} is now part of {kept.record_number}.")
                return redirect("clinic:merge", merge.pk)
    for patient in (kept, merged):
        record(action="chart-read", by=request.user, patient_id=patient.pk, subject=patient)
    return render(
        request,
        "clinic/merge_preview.html",
        {"kept": kept, "merged": merged, "shown": shown, "form": form, "today": kept.site.today()},
        status=status,
    )


def _merged_already(request: HttpRequest, *patient_ids: int) -> HttpResponse:
    """Somebody else may have merged them since the page was opened; a record one may not see is none."""
    made = PatientMerge.objects.visible_to(request.user).standing().for_list().filter(merged__in=patient_ids)
    found: PatientMerge | None = made.order_by("-pk").first()
    if found is None:
        raise Http404
    words = f"Record {found.merged.record_number} is part of {found.kept.record_number} already, by {found.by}."
    messages.warning(request, words)
    return redirect("clinic:merge", found.pk)


@require_GET
@permission_required("patients.view_merges", raise_exception=True)
def merge_list(request: HttpRequest) -> HttpResponse:
    """The merges that were made, the newest first."""
    before = _number(request, "before")
    merges = PatientMerge.objects.visible_to(request.user).for_list().order_by("-pk")
    rows = list((merges.filter(pk__lt=before) if before else merges)[: PAGE + 1])
    return render(
        request,
        "clinic/merge_list.html",
        {"merges": rows[:PAGE], "next": rows[PAGE - 1].pk if len(rows) > PAGE else None, "before": before},
    )


@require_GET
@permission_required("patients.view_merges", raise_exception=True)
def merge(request: HttpRequest, merge_id: int) -> HttpResponse:
    """One merge: what moved, and what came since."""
    return _merge_page(request, _merge(request, merge_id), TakeApartForm())


@require_POST
@permission_required("patients.merge_patient", raise_exception=True)
def merge_undo(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Take the two records apart again."""
    found = _merge(request, merge_id)
    form = TakeApartForm(request.POST)
    if form.is_valid():
        try:
            done = take_apart(merge=found, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now())
        except AlreadyMergedError:
            messages.warning(request, "Somebody else took them apart already.")
            return redirect("clinic:merge", found.pk)
        except ValidationError as error:
            _show(form, error)
        else:
            messages.success(request, "They are two records again.")
            for words in done.kept_changes:
                messages.warning(request, f"Changed by a person since, so it stays as it is: {words}.")
            for words, count in done.gone.items():
                messages.warning(request, f"Not there any more: {count} of the {words} that had moved.")
            return redirect("clinic:merge", found.pk)
    return _merge_page(request, found, form, status=422)


def _merge(request: HttpRequest, merge_id: int) -> PatientMerge:
    found: PatientMerge = get_object_or_404(PatientMerge.objects.visible_to(request.user).for_list(), pk=merge_id)
    return found


def _merge_page(request: HttpRequest, found: PatientMerge, form: TakeApartForm, status: int = 200) -> HttpResponse:
    added = added_since(found) if found.is_standing else []
    clinical = request.user.has_perm("patients.view_clinical")
    record(action="chart-read", by=request.user, patient_id=found.kept_id, subject=found)
    return render(
        request,
        "clinic/merge.html",
        {
            "merge": found,
            "moved": moved_words(found, by=request.user),
            "added": [(kind, len(pks)) for kind, pks in added if may_see(kind.key, by=request.user)],
            "added_rows": [
                row_words(row)
                for kind, pks in added
                if clinical
                for row in kind.model._base_manager.filter(pk__in=pks[:MOST_ADDED])
            ],
            "later": later_merge(found) if found.is_standing else None,
            "form": form,
        },
        status=status,
    )


def _show(form: Any, error: ValidationError) -> None:
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
