export function SubmitPage() {
  return <p>Under way.</p>;
}
