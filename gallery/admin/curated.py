"""What all admins of the catalogue have in common: cheap lists, and a log with undo."""

from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ..changes import recorded
from ..models import Change, Style
from .differences import tell
from .forms import CuratedForm, Lines
from .paging import CheapPaginator

CHANGES_SHOWN = 100


class CuratedAdmin(admin.ModelAdmin):
    """Saves through the log of changes, so that everything done here can be undone."""

    form = CuratedForm
    paginator = CheapPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0
    change_list_template = "admin/gallery/change_list.html"
    formfield_overrides = {
        models.URLField: {"assume_scheme": "https"},
        ArrayField: {"form_class": Lines},
    }
    object_history_template = "admin/gallery/object_history.html"

    def get_changelist_instance(self, request):
        found = super().get_changelist_instance(request)
        found.title = capfirst(self.opts.verbose_name_plural)
        return found

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        return named(super().formfield_for_foreignkey(db_field, request, **kwargs))

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return named(super().formfield_for_manytomany(db_field, request, **kwargs))

    def rows_that_follow(self, row: Model) -> list[Model]:
        """Other rows that change along with this one: undone after it."""
        return []

    def render_change_form(self, request, context, *args, **kwargs):
        form = context["adminform"].form
        context |= {"seen_name": form.SEEN, "seen": form.state}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request, obj, form, change):
        """Left to `save_related`, so that a row and what belongs to it become one entry of the log."""

    def save_related(self, request, form, formsets, change):
        row, reason = form.instance, form.cleaned_data.get("reason", "")
        with recorded(*self.rows_that_follow(row), row, user=request.user, reason=reason):
            self.save_row(row, form)
            super().save_related(request, form, formsets, change)

    def save_row(self, row: Model, form: CuratedForm) -> None:
        row.save()

    def delete_model(self, request, obj):
        self.delete_queryset(request, [obj])

    def delete_queryset(self, request, queryset: QuerySet | list):
        rows = list(queryset)
        following = {other for row in rows for other in self.rows_that_follow(row) if other not in rows}
        with recorded(*following, *rows, user=request.user) as batch:
            for row in rows:
                row.delete()
        tell_how_to_undo(request, _("Deleted, and not for good."), batch)

    def history_view(self, request, object_id, extra_context=None):
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, row):
            raise admin.options.PermissionDenied
        changes = tell(Change.objects.of(row).select_related("user")[:CHANGES_SHOWN])
        context = {
            **self.admin_site.each_context(request),
            "title": _("Changes: %s") % row,
            "subtitle": None,
            "opts": self.opts,
            "object": row,
            "changes": changes,
            "last": next((change for change in changes if change.is_standing), None),
            "may_undo": self.has_change_permission(request, row),
            "preserved_filters": self.get_preserved_filters(request),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.object_history_template, context | (extra_context or {}))


def named(field: forms.ModelChoiceField | None) -> forms.ModelChoiceField | None:
    """A choice among styles shows their names in the language of the page."""
    if field is not None and field.queryset.model is Style:
        field.label_from_instance = lambda style: style.label
    return field


def tell_how_to_undo(request: HttpRequest, sentence: str, batch: UUID) -> None:
    """Leave a message with the way back."""
    address = reverse("admin:gallery_change_batch", args=[batch])
    messages.success(
        request, format_html('{} <a href="{}">{}</a>', sentence, address, _("Look at it, or undo it"))
    )
