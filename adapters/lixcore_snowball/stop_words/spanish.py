"""Words of Spanish that tell nothing of what is spoken about."""

from __future__ import annotations

from typing import Final

WORDS: Final = """
a al algo algunas algunos ante antes como con contra cual cuando de del desde donde durante e el ella ellas ellos en entre era
eran eras eres es esa esas ese eso esos esta estar estas este esto estos estoy estuvo está están fue fueron ha haber había han
has hasta hay he la las le les lo los me mi mis mucho muy más mí nada ni no nos nosotros o os otra otras otro otros para pero
poco por porque que quien quién qué se sea ser si sido sin sobre somos son soy su sus sí también tan tanto te tener tengo ti
tiene todo todos tu tus tú un una unas uno unos usted ustedes y ya yo él
"""
