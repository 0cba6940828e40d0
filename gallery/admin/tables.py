"""Lists of the catalogue that come and go as files."""

from uuid import uuid4

from django.contrib import messages
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from import_export.admin import ImportExportMixin
from import_export.forms import ExportForm
from import_export.results import RowResult
from import_export.tmp_storages import CacheStorage

from ..tables import RowsOfJSON, SafeCSV
from .curated import tell_how_to_undo


class TableAdmin(ImportExportMixin):
    """Goes out as CSV or JSON, and comes in through a preview and the log of changes."""

    formats = [SafeCSV, RowsOfJSON]
    import_export_change_list_template = None
    import_template_name = "admin/gallery/import.html"
    export_template_name = "admin/gallery/export.html"
    export_form_class = ExportForm
    tmp_storage_class = CacheStorage  # all web processes see it, and it goes by itself
    skip_admin_log = True

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) and self.has_add_permission(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_import_resource_kwargs(self, request, **kwargs):
        request.import_batch = uuid4()
        return {"batch": request.import_batch}

    def get_export_resource_kwargs(self, request, **kwargs):
        return {}

    def add_data_read_fail_error_to_form(self, form, e):
        told = _(
            "This file cannot be read as a table. In CSV no row has more cells than the first; "
            "JSON is a list of rows that all have the same names."
        )
        if isinstance(e, UnicodeDecodeError):
            told = _("This file is not in UTF-8. Save it in the spreadsheet as “CSV UTF-8”.")
        form.add_error("import_file", told)

    def process_import(self, request, **kwargs):
        name = request.POST.get("import_file_name", "")
        if request.method == "POST" and cache.get(CacheStorage.CACHE_PREFIX + name) is None:
            messages.warning(
                request, _("The preview is too old, so nothing was changed. Choose the file again.")
            )
            return redirect(f"admin:gallery_{self.opts.model_name}_import")
        return super().process_import(request, **kwargs)

    def process_dataset(self, dataset, form, request, **kwargs):
        with transaction.atomic():
            result = super().process_dataset(dataset, form, request, **kwargs)
            if not self._is_as_seen(result, request):
                transaction.set_rollback(True)
        return result

    def _is_as_seen(self, result, request) -> bool:
        """Whether the preview that was confirmed showed the same."""
        return not result.has_errors() and result.fingerprint == request.POST.get("seen")

    def process_result(self, result, request):
        if not self._is_as_seen(result, request):
            sentence = _(
                "The catalogue is another one by now, so nothing was changed. Look at the file again."
            )
            messages.error(request, sentence)
            return redirect(f"admin:gallery_{self.opts.model_name}_import")
        return super().process_result(result, request)

    def add_success_message(self, result, request):
        new, changed = (
            result.totals[kind] for kind in (RowResult.IMPORT_TYPE_NEW, RowResult.IMPORT_TYPE_UPDATE)
        )
        if not new + changed:
            messages.info(request, _("The catalogue says all of that already: nothing changed."))
            return
        told = ngettext(
            "%(count)d row came in, %(new)d of them new.",
            "%(count)d rows came in, %(new)d of them new.",
            new + changed,
        )
        tell_how_to_undo(request, told % {"count": new + changed, "new": new}, request.import_batch)
