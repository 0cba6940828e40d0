// Before anything is drawn: what only works with scripts takes its place, so that nothing moves when they arrive.
document.documentElement.classList.add("has-scripts");
