from .quality import explanation_quality as explanation_quality
