"""Words of Turkish that tell nothing of what is spoken about."""

from __future__ import annotations

from typing import Final

WORDS: Final = """
acaba ama ancak artık aslında az bana bazı belki ben benden beni benim bile bir biraz biri birkaç birçok biz bize bizi bizim
bu buna bunda bundan bunlar bunu bunun burada da daha dahi de defa değil diye en eğer gibi hem hep hepsi her hiç ile ise için
işte kadar kez ki kim kimse mi mu mü mı nasıl ne neden nerede nereye niye niçin o olan olarak oldu olduğu olsa olur on ona
ondan onlar onları onu onun orada pek sanki sen senden seni senin siz sizi sizin sonra tüm ve veya ya yani yine zaten çok
çünkü şey şu şuna şunu
"""
