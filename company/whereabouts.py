"""Which network a person's laptop or phone is on, over a day."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from company.assumptions import rate
from company.chance import Chance
from company.networks import TRIPS, Network, home, hotel, mobile, office, private_vpn, relay, vpn_egress
from company.people import Person
from company.times import HOUR, MINUTE, SECOND


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Networks with the moment from which each holds, in order."""

    since: list[int]
    networks: list[Network]

    def at(self, moment: int) -> Network:
        return self.networks[max(0, bisect_right(self.since, moment) - 1)]


def travel(person: Person, day: int, draw: Chance) -> None:
    """Begin or end a trip abroad, and let the home's provider give another address."""
    if person.abroad and day >= person.abroad_until:
        person.abroad = None
    if person.abroad is None and draw.happens(rate("networks.trip")):
        person.abroad = draw.choice([place for place in TRIPS if place.iso != person.office.iso])
        person.abroad_until = day + draw.randrange(2, 6)
    if draw.happens(rate("networks.new_home_address")):
        person.lease += 1


def laptop(person: Person, start: int, end: int, draw: Chance) -> Whereabouts:
    """The laptop's networks from `start` to `end`."""
    own = home(person.number, person.lease, person.home)
    if person.abroad:
        own = hotel(person.abroad, person.number + person.abroad_until)
    elif not person.remote and draw.happens(rate("people.office_days")):
        desk = office(person.office)
        if draw.happens(rate("networks.home_then_office")):
            return Whereabouts([start, start + draw.randrange(40, 120) * MINUTE], [own, desk])
        return Whereabouts([start], [desk])
    egress = vpn_egress(own.place, rate("networks.vpn_abroad"), draw)
    if person.vpn_always:
        if not draw.happens(rate("networks.vpn_drop")):
            return Whereabouts([start], [egress])
        dropped = draw.randrange(start, end)
        again = vpn_egress(own.place, rate("networks.vpn_abroad"), draw)
        return Whereabouts([start, dropped, dropped + draw.randrange(1, 20) * MINUTE], [egress, own, again])
    if not draw.happens(rate("networks.vpn_toggle")):
        return Whereabouts([start], [own])
    since, networks, moment = [start], [own], start
    for _ in range(draw.randrange(1, 4)):
        moment += draw.randrange(20, 150) * MINUTE
        since.append(moment)
        networks.append(vpn_egress(own.place, rate("networks.vpn_abroad"), draw))
        moment += draw.randrange(15, 180) * MINUTE
        since.append(moment)
        networks.append(own)
    return Whereabouts(since, networks)


def phone(person: Person, start: int, end: int, draw: Chance) -> Whereabouts:
    """The phone's networks: mobile and Wi-Fi by turns; behind a relay or a VPN of one's own for some."""
    place = person.office
    if person.abroad and not draw.happens(rate("networks.phone_roams_home")):
        place = person.abroad
    relayed = person.relay and person.phone.os == "iOS"
    since, networks, moment = [], [], start
    while moment < end:
        since.append(moment)
        if relayed:
            networks.append(relay(place, draw))
            moment += draw.randrange(30 * SECOND, 20 * MINUTE)
            continue
        if person.private_vpn and draw.happens(0.5):
            networks.append(private_vpn(draw.choice(TRIPS), person.number))
        elif draw.happens(0.6) or person.abroad:
            networks.append(mobile(place, draw))
        else:
            networks.append(home(person.number, person.lease, person.home))
        moment += draw.randrange(HOUR, 5 * HOUR)
    return Whereabouts(since, networks)
