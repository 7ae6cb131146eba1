"""Words of Indonesian that tell nothing of what is spoken about."""

from __future__ import annotations

from typing import Final

WORDS: Final = """
ada adalah agar akan aku anda apa apakah atas atau bagi bahwa banyak beberapa belum bisa boleh bukan dalam dan dapat dari
dengan di dia hanya harus ini itu jadi jika juga kalau kali kami kamu karena ke kenapa kepada ketika kita lagi lain lalu lebih
maka masih mau mengapa menjadi mereka nya oleh pada para pernah pun saat saja sampai sangat saya sebagai sebuah sedang
sehingga sekali selalu semua seperti sering serta sesuatu setelah setiap siapa sudah supaya tanpa tapi telah tentang tersebut
tetapi tidak untuk walaupun yaitu yang
"""
