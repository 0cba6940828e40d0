"""Cells of tables that people open with a spreadsheet: text stays text there."""

import re
from typing import Any

FORMULA = re.compile(r"^[\s']*[=+\-@|]|^[\t\r\n]")  # a spreadsheet would run what begins so
NUMBER = re.compile(r"^-?\d+(\.\d+)?$")


def neutral(cell: Any) -> Any:
    """A cell that a spreadsheet takes for text."""
    is_formula = isinstance(cell, str) and FORMULA.match(cell) and not NUMBER.match(cell)
    return f"'{cell}" if is_formula else cell


def as_meant(cell: Any) -> Any:
    """A cell without the apostrophe that `neutral` put there."""
    return cell[1:] if isinstance(cell, str) and cell.startswith("'") and FORMULA.match(cell[1:]) else cell
