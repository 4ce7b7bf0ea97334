export function PredictionsPage() {
  return <p>Under way.</p>;
}
