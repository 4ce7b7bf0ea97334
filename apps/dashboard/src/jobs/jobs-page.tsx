export function JobsPage() {
  return <p>Under way.</p>;
}
