// Runs before the page is drawn, so that a dark page never flashes up light.
(() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem("countersign-shade");
    } catch {
      return null;
    }
  };
  const draw = () => {
    root.dataset.bsTheme = chosen() ?? (system.matches ? "dark" : "light");
  };
  draw();
  root.classList.add("with-scripts");
  system.addEventListener("change", draw);
})();
