import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The host of a webhook leads to an address at which nobody outside is to make this pool knock. */
export class AddressRefused extends Error {
  constructor(host: string, address: string) {
    super(`${host} leads to ${address}, which is no public address`);
    this.name = 'AddressRefused';
  }
}

/** Everything that is not known to be reachable by all is not: private, loopback, link-local, multicast, mapped … */
export function isPublic(address: string): boolean {
  const bare = address.split('%', 1)[0] ?? address;
  return ipaddr.isValid(bare) && ipaddr.process(bare).range() === 'unicast' && !isMapped(bare);
}

/** Other ways to write an IPv4 address within an IPv6 one are refused as ranges of their own; this one is taken apart. */
const isMapped = (address: string): boolean => {
  const parsed = ipaddr.parse(address);
  return (
    parsed instanceof ipaddr.IPv6 &&
    parsed.isIPv4MappedAddress() &&
    parsed.toIPv4Address().range() !== 'unicast'
  );
};

/** The host of an address that names no name: `[::1]` without its brackets. Undefined: it is a name. */
export function literalOf({ hostname }: URL): string | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return isIP(bare) === 0 ? undefined : bare;
}
