"""Places and the networks that people and programs come from. Addresses are of documentation and test blocks, autonomous systems of
people's networks are invented; the clouds are named as they are, since rented networks are told by their names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address

from company.chance import Chance


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A city. Each is one object, so that caches tell them apart quickly; networks likewise."""

    city: str
    state: str
    country: str
    iso: str
    postal: str
    lat: float
    lon: float
    offset: int
    """Hours ahead of UTC."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """An address with what an IP-reputation vendor says of it. tunnel: the VPN that Okta names, if any."""

    ip: str
    asn: int
    org: str
    domain: str
    place: Place
    proxy: bool = False
    tunnel: str = ""
    category: str = ""

    @property
    def anonymous(self) -> bool:
        """Whether it hides who is behind it; the company's own VPN doesn't."""
        return bool(self.tunnel) and self.asn != VPN_ASN


OSLO = Place("Oslo", "Oslo", "Norway", "NO", "0150", 59.9, 10.7, 1)
BERGEN = Place("Bergen", "Vestland", "Norway", "NO", "5003", 60.4, 5.3, 1)
DUBLIN = Place("Dublin", "Leinster", "Ireland", "IE", "D02", 53.3, -6.3, 0)
CORK = Place("Cork", "Munster", "Ireland", "IE", "T12", 51.9, -8.5, 0)
AUSTIN = Place("Austin", "Texas", "United States", "US", "78701", 30.3, -97.7, -6)
DENVER = Place("Denver", "Colorado", "United States", "US", "80202", 39.7, -105.0, -7)
MANILA = Place("Manila", "Metro Manila", "Philippines", "PH", "1000", 14.6, 121.0, 8)
CEBU = Place("Cebu City", "Central Visayas", "Philippines", "PH", "6000", 10.3, 123.9, 8)
STOCKHOLM = Place("Stockholm", "Stockholm", "Sweden", "SE", "111 20", 59.3, 18.1, 1)
LONDON = Place("London", "England", "United Kingdom", "GB", "EC1A", 51.5, -0.1, 0)
TORONTO = Place("Toronto", "Ontario", "Canada", "CA", "M5H", 43.7, -79.4, -5)
SINGAPORE = Place("Singapore", "Singapore", "Singapore", "SG", "018956", 1.3, 103.8, 8)
ASHBURN = Place("Ashburn", "Virginia", "United States", "US", "20147", 39.0, -77.5, -5)
FRANKFURT = Place("Frankfurt am Main", "Hesse", "Germany", "DE", "60313", 50.1, 8.7, 1)
TRIPS = (
    LONDON,
    FRANKFURT,
    STOCKHOLM,
    SINGAPORE,
    TORONTO,
    Place("Paris", "Île-de-France", "France", "FR", "75001", 48.9, 2.4, 1),
    Place("Lisbon", "Lisbon", "Portugal", "PT", "1100-148", 38.7, -9.1, 0),
    Place("Tokyo", "Tokyo", "Japan", "JP", "100-0001", 35.7, 139.7, 9),
    Place("New York", "New York", "United States", "US", "10013", 40.7, -74.0, -5),
    Place("Warsaw", "Mazovia", "Poland", "PL", "00-001", 52.2, 21.0, 1),
)
ITSELF = Network("Salesforce.com IP", 14340, "salesforce, inc.", "salesforce.com", ASHBURN)
"""What Salesforce writes for what it does by itself."""
OFFICES = (OSLO, DUBLIN, AUSTIN, MANILA)
HOMES = {
    OSLO: (OSLO, OSLO, BERGEN),
    DUBLIN: (DUBLIN, DUBLIN, CORK),
    AUSTIN: (AUSTIN, AUSTIN, DENVER),
    MANILA: (MANILA, MANILA, CEBU),
}
_NEIGHBOUR = {"NO": STOCKHOLM, "IE": LONDON, "US": TORONTO, "PH": SINGAPORE}
_EGRESS = {place.iso: place for place in OFFICES}
AMAZON = (16509, "amazon.com, inc.", "amazonaws.com")
AZURE = (8075, "microsoft corporation", "microsoft.com")
GOOGLE = (396982, "google llc", "googleusercontent.com")
CLOUDS = (AMAZON, AZURE, GOOGLE)
VPN_ASN = 64500
OFFICE_BLOCK, VPN_BLOCK, CLOUD_BLOCK, LEASED_BLOCK = "192.0.2.0/26", "192.0.2.128/25", "198.51.100.0/25", "10.20.0.0/24"


def _numbered(first: str, number: int) -> str:
    return str(IPv4Address(int(IPv4Address(first)) + number))


@cache
def office(place: Place) -> Network:
    return Network(_numbered("192.0.2.0", 8 + OFFICES.index(place)), 64501, "nordlys instruments", "nordlys.example", place)


@cache
def home(number: int, lease: int, place: Place) -> Network:
    """The line of a person's home; another lease is another address of the same provider."""
    provider = number % 3
    name = f"{place.iso.lower()}-broadband-{provider}"
    return Network(
        _numbered("198.18.0.0", number * 16 + lease % 16),
        64520 + OFFICES_BY_ISO[place.iso] * 3 + provider,
        name,
        f"{name}.example",
        place,
    )


OFFICES_BY_ISO = {place.iso: number for number, place in enumerate(OFFICES)}


@cache
def vpn(place: Place, number: int) -> Network:
    return Network(
        _numbered("192.0.2.128", number), VPN_ASN, "edgeguard networks", "edgeguard.example", place, True, "EDGEGUARD", "VPN"
    )


def vpn_egress(where: Place, abroad: float, draw: Chance) -> Network:
    """The egress that a VPN client near a place is given."""
    place = _EGRESS.get(where.iso, where)
    if draw.happens(abroad):
        place = _NEIGHBOUR.get(where.iso, FRANKFURT)
    places = sorted({*OFFICES, *_NEIGHBOUR.values(), *TRIPS}, key=lambda each: each.city)
    return vpn(place, places.index(place) * 5 + draw.randrange(5))


@cache
def _mobile(place: Place, number: int) -> Network:
    name = f"{place.iso.lower()}-mobile"
    index = sum(map(ord, place.iso)) % 64
    return Network(_numbered("198.19.0.0", index * 128 + number), 64600 + index, name, f"{name}.example", place)


def mobile(place: Place, draw: Chance) -> Network:
    return _mobile(place, draw.randrange(120))


@cache
def hotel(place: Place, number: int) -> Network:
    index = sum(map(ord, place.city)) % 64
    name = f"hotel-wifi-{place.iso.lower()}"
    return Network(_numbered("198.19.64.0", index * 64 + number % 64), 64700 + index, name, f"{name}.example", place)


@cache
def _relay(place: Place, number: int) -> Network:
    index = sum(map(ord, place.iso)) % 32
    org = ("cloudflare, inc.", "akamai international b.v.")[number % 2]
    asn = (13335, 36183)[number % 2]
    return Network(
        _numbered("198.19.128.0", index * 256 + number),
        asn,
        org,
        "relay.example",
        place,
        True,
        "ICLOUD_RELAY_PROXY",
        "Proxy",
    )


def relay(place: Place, draw: Chance) -> Network:
    return _relay(place, draw.randrange(250))


@cache
def private_vpn(place: Place, number: int) -> Network:
    index = sum(map(ord, place.city)) % 32
    return Network(
        _numbered("198.19.192.0", index * 128 + number % 128),
        9009,
        "m247 europe srl",
        "m247.example",
        place,
        True,
        "NORDVPN_VPN",
        "VPN",
    )


@cache
def cloud(number: int, kind: int, place: Place = ASHBURN) -> Network:
    """An address of the company's own in a cloud: it is kept, and on the company's list."""
    asn, org, domain = CLOUDS[kind % 3]
    return Network(_numbered("198.51.100.0", number % 128), asn, org, domain, place)


@cache
def hosted(number: int) -> Network:
    """An address of a cloud that anybody may get."""
    asn, org, domain = AZURE
    return Network(_numbered("198.51.100.128", number % 128), asn, org, domain, ASHBURN)


@cache
def okta_back_end(number: int) -> Network:
    asn, org, domain = AMAZON
    return Network(_numbered("203.0.113.192", number % 16), asn, org, domain, ASHBURN)


@cache
def stranger(number: int) -> Network:
    """The internet's background: rented machines that try passwords."""
    place = TRIPS[number % len(TRIPS)]
    org = ("digitalocean, llc", "ovh sas", "hostinger-rent")[number % 3]
    return Network(
        _numbered("203.0.113.0", number % 190),
        (14061, 16276, 64790)[number % 3],
        org,
        "hosting.example",
        place,
        number % 2 == 0,
    )
