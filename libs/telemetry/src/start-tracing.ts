import { setTimeout as sleep } from 'node:timers/promises';

/** How long the end of a process waits for a collector. */
const FLUSH_WITHIN_MS = 2_000;

export interface Tracing {
  /** Sends what is not sent yet, and gives up after a while. */
  stop(): Promise<void>;
}

/**
 * Undefined unless OTEL_EXPORTER_OTLP_ENDPOINT (or _TRACES_ENDPOINT) is set: nothing of OpenTelemetry's SDK is loaded then.
 * The SDK reads these and its other settings (OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS, …) by itself.
 */
export async function startTracing(
  part: string,
  who: Readonly<Record<string, string>> = {},
  env: NodeJS.ProcessEnv = process.env,
): Promise<Tracing | undefined> {
  const isAsked = env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
  if (!isAsked || env['OTEL_SDK_DISABLED'] === 'true') return undefined;
  const [{ NodeTracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const resource = resourceFromAttributes({
    'service.name': env['OTEL_SERVICE_NAME'] ?? `gistpool-${part}`,
    'service.namespace': 'gistpool',
    'process.pid': process.pid,
    ...who,
  });
  const provider = new NodeTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  const sent = () => provider.shutdown().catch(() => undefined);
  return { stop: () => Promise.race([sent(), sleep(FLUSH_WITHIN_MS)]) };
}
