export function JobPage() {
  return <p>Under way.</p>;
}
