export function BatchesPage() {
  return <p>Under way.</p>;
}
