"""The log of changes, and the way back."""

from functools import partial
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from ..changes import CannotUndo, Undone, undo, undo_batch
from ..models import Change
from .differences import tell
from .filters import Menu
from .paging import CheapPaginator

ROWS_SHOWN = 100


class KindMenu(Menu):
    title, parameter_name = _("what"), "kind"

    def lookups(self, request, model_admin):
        return Change.Kind.choices

    def queryset(self, request, changes):
        return changes.filter(kind=self.value()) if self.value() in Change.Kind.values else changes


class OfMenu(Menu):
    title, parameter_name = _("of"), "model"

    def lookups(self, request, model_admin):
        return [("artwork", _("Works")), ("artist", _("Artists")), ("style", _("Styles"))]

    def queryset(self, request, changes):
        return changes.filter(model=self.value()) if self.value() else changes


@admin.register(Change)
class ChangeAdmin(admin.ModelAdmin):
    """Nobody writes here by hand."""

    list_display = ["at", "who", "what", "row", "differences", "reason"]
    list_display_links = None
    list_filter = [KindMenu, OfMenu]
    list_select_related = ["user"]
    list_per_page = 50
    list_max_show_all = 0
    search_fields = ["name", "reason", "user__email"]
    paginator = CheapPaginator
    show_full_result_count = False
    change_list_template = "admin/gallery/change_list.html"

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("batch/<uuid:batch>/", view(self.batch_view), name="gallery_change_batch"),
            path("batch/<uuid:batch>/undo/", view(self.undo_batch_view), name="gallery_change_undo_batch"),
            path("<int:pk>/undo/", view(self.undo_view), name="gallery_change_undo"),
            *super().get_urls(),
        ]

    def get_changelist_instance(self, request):
        changes = super().get_changelist_instance(request)
        changes.title = gettext("Changes")
        changes.result_list = tell(changes.result_list)
        return changes

    @admin.display(description=_("who"))
    def who(self, change):
        return change.user or gettext("somebody who has left")

    @admin.display(description=_("what"))
    def what(self, change):
        address = reverse("admin:gallery_change_batch", args=[change.batch])
        undone = " " + gettext("(undone)") if change.undone_in else ""
        return format_html('<a href="{}">{}</a>{}', address, change.get_kind_display(), undone)

    @admin.display(description=_("of"))
    def row(self, change):
        name = change.name or "–"
        if change.after is None:
            return name
        try:
            address = reverse(f"admin:gallery_{change.model}_change", args=[change.object_id])
        except NoReverseMatch:
            return name
        return format_html('<a href="{}">{}</a>', address, name)

    @admin.display(description=_("before and after"))
    def differences(self, change):
        if change.before is None or change.after is None:
            if change.before is None:
                return gettext("Added to the catalogue.")
            return gettext("Taken out of the catalogue.")
        nothing = gettext("nothing")
        told = [(one.label, one.before or nothing, one.after or nothing) for one in change.differences]
        return format_html_join("", '<div class="difference">{}: <del>{}</del> → <ins>{}</ins></div>', told)

    def batch_view(self, request, batch: UUID):
        """All rows of one step, and the button that undoes it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        changes = Change.objects.filter(batch=batch).select_related("user")
        first = changes.first()
        if first is None:
            raise Http404(gettext("There is no such step in the log."))
        context = {
            **self.admin_site.each_context(request),
            "title": first.get_kind_display(),
            "opts": self.opts,
            "first": first,
            "count": changes.count(),
            "standing_count": changes.standing().count(),
            "changes": tell(changes.order_by("pk")[:ROWS_SHOWN]),
            "may_undo": _may_undo(request.user, changes),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/gallery/batch.html", context)

    @method_decorator(require_POST)
    def undo_batch_view(self, request, batch: UUID):
        changes = Change.objects.filter(batch=batch)
        return self._undo(request, changes, partial(undo_batch, batch))

    @method_decorator(require_POST)
    def undo_view(self, request, pk: int):
        change = get_object_or_404(Change, pk=pk)
        return self._undo(request, Change.objects.filter(batch=change.batch), partial(undo, change))

    def _undo(self, request, changes, take_back):
        if not _may_undo(request.user, changes):
            raise PermissionDenied
        reason = request.POST.get("reason", "")[:300]
        try:
            messages.success(request, _sentence(take_back(user=request.user, reason=reason)))
        except CannotUndo as error:
            messages.error(request, str(error))
        address = request.POST.get("next", "")
        is_ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())
        return redirect(address if is_ours else reverse("admin:gallery_change_changelist"))


def _may_undo(user, changes) -> bool:
    """Whoever may change rows of this kind may bring them back."""
    models = changes.order_by().values_list("model", flat=True).distinct()
    return all(user.has_perm(f"gallery.change_{model}") for model in models)


def _sentence(undone: Undone) -> str:
    told = ngettext("Undone: %d is as before.", "Undone: %d are as before.", undone.count) % undone.count
    if undone.left:
        left = ngettext(
            "%d was changed again since, and stays as it is.",
            "%d were changed again since, and stay as they are.",
            undone.left,
        )
        told += " " + left % undone.left
    return told
