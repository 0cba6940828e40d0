from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _

from . import operations  # noqa: F401 - its page is registered there
from .models import User

admin.site.login = secure_admin_login(admin.site.login)  # one sign-in for all, with its limits on guessing
admin.site.site_header = "StyleArt"
admin.site.site_title = "StyleArt"
admin.site.index_title = _("Behind the scenes")


@admin.register(User)
class EmailUserAdmin(UserAdmin):
    ordering = ["email"]
    list_display = ["email", "is_staff", "is_active", "date_joined"]
    search_fields = ["email"]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = []  # the boxes of two columns cannot be read out
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        (_("Rights"), {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["email", "usable_password", "password1", "password2"]})
    ]
