"""Stories: what users do, step by step, written by hand so that each run tries every promise of the contract once.

They are to the Hypothesis machine what examples are to fuzzing. Nothing here says what has to come of a step; the
model does.
"""

from __future__ import annotations

from conformance.chat.stories import groups, messages, people, refusals
from conformance.chat.stories.story import Story

STORIES: tuple[Story, ...] = (*messages.STORIES, *groups.STORIES, *people.STORIES, *refusals.STORIES)
