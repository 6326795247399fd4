"""The second layer: what is said between numbers.

changes    numbers beside each other: changes, multiples, differences; bases, what they are from
shares     what a percent may be a share of; ranks, records and the most since when
"""
