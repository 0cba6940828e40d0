"""One colour for each of the 18 styles, in the order of art history; the same in static/site.css (a test compares).

Chosen so that any two are at least 15 apart in CIELAB, and each keeps 3:1 against both walls.
"""

HUES = [
    "#a56700",  # Renaissance: ochre
    "#bb3241",  # Baroque: madder
    "#176ba1",  # Ukiyo-e: Prussian blue
    "#838f83",  # Neoclassicism: weathered marble
    "#307a53",  # Romanticism: forest
    "#906250",  # Realism: earth
    "#0497c1",  # Impressionism: cerulean
    "#a479ca",  # Symbolism: violet
    "#579c37",  # Naïve Art: leaf
    "#9c8c10",  # Art Nouveau: old gold
    "#da6c3e",  # Expressionism: vermilion
    "#6f663e",  # Cubism: bistre
    "#6286f0",  # Abstract Art: cobalt
    "#28787d",  # Surrealism: petrol
    "#e7588e",  # Pop Art: screen-print pink
    "#9a878c",  # Minimalism: mauve grey
    "#646572",  # Conceptual Art: slate
    "#a8398f",  # Neo-Expressionism: magenta
]
OTHER = "#8a8378"  # styles beside the 18
