"""Which addresses lie on the open internet. Plain Python."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

#: Open by the registry, but not for us: each reaches into a machine's own surroundings, or hides another address.
_CLOSED = tuple(
    ip_network(network)
    for network in (
        "100.64.0.0/10",  # carriers' inner networks, and Alibaba's metadata
        "168.63.129.16/32",  # Azure's metadata
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "64:ff9b:1::/48",
        "2001::/23",
        "2002::/16",
        "5f00::/16",
        "fec0::/10",
    )
)
_NAT64 = ip_network("64:ff9b::/96")


def is_open(text: str) -> bool:
    """False for loopback, private, link-local, multicast, reserved and metadata addresses, however they are wrapped."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    address = _unwrapped(address)
    if any(address.version == network.version and address in network for network in _CLOSED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
