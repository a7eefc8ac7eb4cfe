"use strict";
(() => {
  const shown = () => document.querySelector(".zoom:target");
  const follow = (zoom, kind) => {
    const link = zoom.querySelector(`a[data-go="${kind}"]`);
    if (link) location.replace(link.getAttribute("href"));
  };
  addEventListener("keydown", (event) => {
    const zoom = shown();
    if (!zoom || event.ctrlKey || event.altKey || event.metaKey) return;
    const kind = { ArrowRight: "next", ArrowLeft: "previous", Escape: "close" }[event.key];
    if (!kind) return;
    event.preventDefault();
    follow(zoom, kind);
  });
  // Browsers that cannot style what lies in a closed line (no ::details-content) open it for paper.
  let unfolded = [];
  const unfold = () => {
    unfolded.push(...document.querySelectorAll("details:not(.more):not([open])"));
    unfolded.forEach((line) => { line.open = true; });
  };
  const fold = () => unfolded.splice(0).forEach((line) => { line.open = false; });
  const paper = matchMedia("print");
  paper.addEventListener("change", () => (paper.matches ? unfold() : fold()));
  addEventListener("beforeprint", unfold);
  addEventListener("afterprint", fold);
  let last = "";
  addEventListener("hashchange", () => {
    const zoom = shown();
    if (zoom) {
      last = zoom.id.slice(1);
      zoom.querySelector('a[data-go="close"]').focus();
    } else if (last) {
      const tile = document.querySelector(`a[href="#z${last}"]`);
      last = "";
      if (tile) tile.focus();
    }
  });
})();
