"""Complete runs by name: a recipe takes a dataset and a frozen config and returns a sealed bundle."""

from training.recipes import listings, photos
from training.recipes.recipe import Outcome, Recipe, Rehearsal, Trial, Workspace

RECIPES: dict[str, Recipe] = {"listings": listings.RECIPE, "photos": photos.RECIPE}

__all__ = ["RECIPES", "Outcome", "Recipe", "Rehearsal", "Trial", "Workspace"]
