import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { CardOrder, CardReceipt, FleetView } from '@gistpool/contracts';
import { call } from './client';

export const FLEET_EVERY_MS = 1_000;

/** Cards report themselves twice a second; asked once a second while the page is seen. */
export const useFleet = (): UseQueryResult<FleetView> =>
  useQuery({
    queryKey: ['fleet'],
    queryFn: ({ signal }) => call<FleetView>('/v1/fleet', { signal }),
    refetchInterval: FLEET_EVERY_MS,
  });

export const orderCard = (card: string, order: CardOrder): Promise<CardReceipt> =>
  call(`/v1/cards/${encodeURIComponent(card)}/${order}`, { method: 'POST' });
