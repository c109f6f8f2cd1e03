// The words of saving stand in the head of the page. Once that is out of sight the window shows them at its foot, and above
// the keyboard of a tablet, which covers the window without making it smaller.

const root = document.documentElement;

new IntersectionObserver(([head]) => {
  if (!head.isIntersecting && !root.classList.contains("is-past-head")) {
    const { width, height } = document.querySelector(".charting-status-place").getBoundingClientRect();
    root.style.setProperty("--status-width", `${width}px`);
    root.style.setProperty("--status-height", `${height}px`);
  }
  root.classList.toggle("is-past-head", !head.isIntersecting);
}).observe(document.querySelector(".page-head"));

const seen = window.visualViewport;
function lift() {
  const covered = seen.scale > 1.01 ? 0 : Math.max(0, innerHeight - seen.height - seen.offsetTop);
  root.style.setProperty("--covered", `${Math.round(covered)}px`);
}
seen?.addEventListener("resize", lift);
seen?.addEventListener("scroll", lift);
