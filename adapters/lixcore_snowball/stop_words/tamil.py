"""Words of Tamil that tell nothing of what is spoken about."""

from __future__ import annotations

from typing import Final

WORDS: Final = """
அதன் அது அந்த அல்லது அவன் அவர் அவர்கள் அவள் இதன் இது இந்த இரு இல்லை இவர் உங்கள் உன் உள்ள எங்கள் எந்த என எனது என் என்ன என்பது
என்று எப்படி ஏன் ஒரு கூட தன் தான் நான் நாம் நீ நீங்கள் பற்றி பல போன்ற மட்டும் மற்றும் மிக முதல் மேலும் வரை வேண்டும்
"""
