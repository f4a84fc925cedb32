"""A set that grows: every night a release, which is a version that never changes.

outputs/<set>/releases/<version>/   all rows of a version, in every layout, and what changed
outputs/<set>/runs/<day>/           what one night raised: a run like any other
outputs/<set>/latest                a link to the newest release, which moves at once
outputs/<set>/begun.json            a night that has no release yet
"""
