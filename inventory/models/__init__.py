from inventory.models.keeping import ReorderLevel, VialCost
from inventory.models.reference import Confidence, Dilution, LabelInterval, LabelMaximum, Product, VialSize
from inventory.models.stock import Lot, Receipt, StockMovement, Vial

__all__ = [
    "Confidence",
    "Dilution",
    "LabelInterval",
    "LabelMaximum",
    "Lot",
    "Product",
    "Receipt",
    "ReorderLevel",
    "StockMovement",
    "Vial",
    "VialCost",
    "VialSize",
]
