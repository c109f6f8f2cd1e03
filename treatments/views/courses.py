"""Starting, changing and closing a course; sessions from outside; aiming at a day."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from audit.models import StaleVersionError
from patients.models import Patient
from treatments.actions import courses as actions
from treatments.actions.sessions import record_outside_session
from treatments.actions.windows import choose_target
from treatments.forms.courses import CloseCourseForm, CourseForm, OutsideSessionForm, TargetForm
from treatments.models import TreatmentCourse


def _course(request: HttpRequest, course_id: int) -> TreatmentCourse:
    return get_object_or_404(TreatmentCourse.objects.visible_to(request.user).for_list(), pk=course_id)


@require_http_methods(["GET", "POST"])
@permission_required("treatments.change_course", raise_exception=True)
def course_start(request: HttpRequest, patient_id: int) -> HttpResponse:
    patient = get_object_or_404(
        Patient.objects.visible_to(request.user).with_facts().select_related("site"), pk=patient_id
    )
    today = patient.site.today()
    form = CourseForm(
        request.POST or None,
        patient=patient,
        by=request.user,
        initial={"provider": request.user.pk, "site": request.site or patient.site},
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            course = actions.start_course(
                patient=patient,
                condition=data["condition"],
                provider=data["provider"],
                site=data["site"],
                diagnosis=data["diagnosis"],
                on=today,
                by=request.user,
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, f"{course.condition.name} started.")
            return redirect("clinic:course", course_id=course.pk)
    return render(
        request,
        "treatments/course_start.html",
        {"form": form, "patient": patient, "today": today},
        status=_status(form),
    )


@require_http_methods(["GET", "POST"])
@permission_required("treatments.change_course", raise_exception=True)
def course_edit(request: HttpRequest, course_id: int) -> HttpResponse:
    course = _course(request, course_id)
    form = CourseForm(request.POST or None, instance=course, patient=course.patient, by=request.user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            actions.change_course(
                course=course,
                provider=data["provider"],
                site=data["site"],
                diagnosis=data["diagnosis"],
                by=request.user,
                version=data["version"],
            )
        except StaleVersionError as error:
            form.show_conflict(error)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, "Saved.")
            return redirect("clinic:course", course_id=course.pk)
    return render(
        request,
        "treatments/course_edit.html",
        {"form": form, "course": course, "today": course.site.today()},
        status=_status(form),
    )


@require_http_methods(["GET", "POST"])
@permission_required("treatments.change_course", raise_exception=True)
def course_close(request: HttpRequest, course_id: int) -> HttpResponse:
    course = _course(request, course_id)
    form = CloseCourseForm(request.POST or None, initial={"version": course.version})
    if request.method == "POST" and form.is_valid():
        try:
            actions.close_course(
                course=course,
                reason=form.cleaned_data["reason"],
                note=form.cleaned_data["note"],
                on=course.site.today(),
                by=request.user,
                version=form.cleaned_data["version"],
            )
        except StaleVersionError as error:
            form.add_error(None, f"{error} Open the course again to see what changed.")
        else:
            messages.success(request, f"{course.condition.name} closed. It can be taken up again.")
            return redirect("clinic:course", course_id=course.pk)
    return render(
        request,
        "treatments/course_close.html",
        {"form": form, "course": course, "today": course.site.today()},
        status=_status(form),
    )


@require_POST
@permission_required("treatments.change_course", raise_exception=True)
def course_reopen(request: HttpRequest, course_id: int) -> HttpResponse:
    course = _course(request, course_id)
    try:
        actions.reopen_course(course=course, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"{course.condition.name} taken up again.")
    return redirect("clinic:course", course_id=course.pk)


@require_http_methods(["GET", "POST"])
@permission_required("treatments.change_course", raise_exception=True)
def target_choose(request: HttpRequest, course_id: int) -> HttpResponse:
    course = _course(request, course_id)
    form = TargetForm(request.POST or None, initial={"target_on": course.target_on, "seen": course.target_on})
    if request.method == "POST" and form.is_valid():
        try:
            choose_target(course=course, on=course.site.today(), by=request.user, **form.cleaned_data)
        except StaleVersionError as stale:
            form.show_conflict(stale.current.target_on)  # type: ignore[attr-defined]
        except ValueError as error:
            form.add_error("target_on", str(error))
        else:
            messages.success(request, "The target day is saved.")
            return redirect("clinic:course", course_id=course.pk)
    return render(
        request,
        "treatments/target_choose.html",
        {"form": form, "course": course, "today": course.site.today()},
        status=_status(form),
    )


@require_http_methods(["GET", "POST"])
@permission_required("treatments.record_outside_session", raise_exception=True)
def outside_session_create(request: HttpRequest, course_id: int) -> HttpResponse:
    course = _course(request, course_id)
    today = course.site.today()
    form = OutsideSessionForm(request.POST or None, today=today, born=course.patient.birth_date)
    if request.method == "POST" and form.is_valid():
        try:
            record_outside_session(course=course, on=today, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "The outside session is recorded; the window follows it.")
            return redirect("clinic:course", course_id=course.pk)
    return render(
        request,
        "treatments/outside_session_create.html",
        {"form": form, "course": course, "today": today},
        status=_status(form),
    )


def _status(form: object) -> int:
    return 422 if getattr(form, "errors", None) else 200
