"""Products, lots and vials in Django's administration pages: to be read."""

from django.contrib import admin

from accounts.admin import ReadOnly
from inventory.models import Lot, Product, Vial


class StockReadOnly(ReadOnly):
    permission = "inventory.view_stock"


@admin.register(Product)
class ProductAdmin(StockReadOnly):
    list_display = ["brand", "generic_name", "manufacturer", "hcpcs", "reference_version"]


@admin.register(Lot)
class LotAdmin(StockReadOnly):
    list_display = ["number", "product", "expires_on", "recalled_on"]
    list_select_related = ["product"]
    list_filter = ["product"]


@admin.register(Vial)
class VialAdmin(StockReadOnly):
    list_display = ["id", "lot", "size", "site", "status", "received_on"]
    list_select_related = ["lot__product", "size__product", "site"]
    list_filter = ["status"]
    show_full_result_count = False
