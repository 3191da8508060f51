// What scrolls by itself has to be reached by the keyboard. The theme wraps tables only after the page is there.
const scrollers = ".md-typeset__scrollwrap, .mermaid, .md-typeset p:has(> img[src$='.svg'])";
function reach() {
  for (const each of document.querySelectorAll(scrollers)) {
    if (!each.hasAttribute("tabindex")) each.tabIndex = 0;
  }
}
new MutationObserver(reach).observe(document, { childList: true, subtree: true });
