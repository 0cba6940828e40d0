// Hills of years: say the numbers of the decade that is touched, and let the arrow keys walk along a hill.
(() => {
  "use strict";

  for (const figure of document.querySelectorAll("[data-chronology]")) {
    const readout = figure.querySelector(".readout");
    const decadeOf = (event) => event.target.closest?.(".chronology-decades a");

    const say = (decade) => {
      const words = decade ? decade.querySelector("title").textContent : readout.dataset.hint;
      if (readout.textContent !== words) readout.textContent = words;
    };

    figure.addEventListener("pointerover", (event) => say(decadeOf(event) ?? focused()));
    figure.addEventListener("pointerleave", () => say(focused()));
    figure.addEventListener("focusin", (event) => say(decadeOf(event)));
    figure.addEventListener("focusout", () => say(null));
    const focused = () => decadeOf({ target: document.activeElement });

    figure.addEventListener("keydown", (event) => {
      const decade = decadeOf(event);
      const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
      if (!decade || !(event.key in steps)) return;
      const decades = [...decade.parentElement.querySelectorAll("a")];
      const place = decades.indexOf(decade) + steps[event.key];
      const next = decades[Math.min(Math.max(place, 0), decades.length - 1)];
      decade.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
      event.preventDefault();
    });
  }
})();
