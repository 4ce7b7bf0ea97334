export function ThroughputPage() {
  return <p>Under way.</p>;
}
