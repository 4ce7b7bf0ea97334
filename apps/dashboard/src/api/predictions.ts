import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { JobRequestInput, PredictionExplanation, PredictionsView } from '@gistpool/contracts';
import { call, sendJson } from './client';

export const usePredictions = (): UseQueryResult<PredictionsView> =>
  useQuery({
    queryKey: ['predictions'],
    queryFn: ({ signal }) => call<PredictionsView>('/v1/predictions', { signal }),
    refetchInterval: 5_000,
  });

export const explain = (request: JobRequestInput): Promise<PredictionExplanation> =>
  sendJson('/v1/predictions/explain', request);
