// Before the first paint, so that a page in the other colours than the system's does not flash.
try {
  const chosen = localStorage.getItem('gistpool.theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that keeps nothing follows the system.
}
