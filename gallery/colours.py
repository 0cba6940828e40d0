"""One colour for each of the 18 styles, in the order of art history; the same in static/site.css (a test compares)."""

HUES = [
    "#8c5a2b", "#7a3b2e", "#2f6690", "#8f8a6b", "#4b6584", "#7d7a3c", "#5b8fb9", "#7b5ea7", "#b08d2e",
    "#3f8f5b", "#c8452e", "#a0764c", "#2a7f8e", "#c2588b", "#d9482b", "#6f7f8c", "#4d4d57", "#9a3d6e",
]  # fmt: skip
OTHER = "#8a8378"  # styles beside the 18
