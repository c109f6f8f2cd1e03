from django.urls import path

from inventory import views

app_name = "inventory"

urlpatterns = [
    path("stock/", views.stock_list, name="stock-list"),
    path("stock/receive/", views.lot_receive, name="lot-receive"),
    path("stock/levels/", views.reorder_levels, name="reorder-levels"),
    path("stock/costs/", views.vial_costs, name="vial-costs"),
    path("stock/costs/<int:cost_id>/remove/", views.vial_cost_remove, name="vial-cost-remove"),
    path("stock/lots/<int:lot_id>/", views.lot_detail, name="lot-detail"),
    path("stock/lots/<int:lot_id>/remove/", views.vial_remove, name="vial-remove"),
    path("stock/lots/<int:lot_id>/recall/", views.lot_recall, name="lot-recall"),
]
