"""Words of German that tell nothing of what is spoken about."""

from __future__ import annotations

from typing import Final

WORDS: Final = """
aber alle allem allen aller alles als also am an ander andere anderem anderen anderer anderes auch auf aus bei bin bis bist da
damit dann das dass dein deine deinem deinen deiner dem den denn der des dich die dies diese diesem diesen dieser dieses dir
doch dort du durch ein eine einem einen einer eines er es etwas euch euer eure eurem euren eurer für gegen hab habe haben hat
hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in indem ins ist ja jede jedem jeden jeder jedes
jene jenem jenen jener jetzt kann kein keine keinem keinen keiner können könnte machen man manche mein meine meinem meinen
meiner mich mir mit muss musste nach nicht nichts noch nun nur ob oder ohne sehr sein seine seinem seinen seiner seit selbst
sich sie sind so solche soll sollte sondern sonst um und uns unser unsere unserem unseren unter viel vom von vor war waren
warst was weg weil weiter welche welchem welchen welcher welches wenn wer werde werden wie wieder will wir wird wirst wo
wollen wollte während würde würden zu zum zur zwar zwischen über
"""
