/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pack.h"

void ql_pack(struct ql_buf *out, uint64_t x)
{
	char byte[10];
	size_t n = 0;
	for (; x >= 0x80; x >>= 7)
		byte[n++] = (char)(unsigned char)(x | 0x80);
	byte[n++] = (char)x;
	ql_buf_add(out, byte, n);
}

/* Ends with a skip to the row's end, so that a row needs no length. */
void ql_pack_row(struct ql_buf *out, const uint32_t *count, size_t n)
{
	size_t next = 0;
	for (size_t i = 0; i < n; i++)
		if (count[i]) {
			ql_pack(out, i - next);
			ql_pack(out, count[i]);
			next = i + 1;
		}
	ql_pack(out, n - next);
}

uint64_t ql_unpack(struct ql_unpack *u)
{
	uint64_t x = 0;
	for (unsigned shift = 0; !u->bad && u->at < u->end && shift < 64; shift += 7) {
		unsigned char byte = *u->at++;
		if (shift == 63 && byte > 1)
			break;
		x |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return x;
	}
	u->bad = true;
	return 0;
}

void ql_unpack_row(struct ql_unpack *u, uint32_t *count, size_t n)
{
	size_t i = 0;
	while (!u->bad) {
		uint64_t skip = ql_unpack(u);
		if (u->bad || skip > n - i) {
			u->bad = true;
			return;
		}
		i += (size_t)skip;
		if (i == n)
			return;
		uint64_t add = ql_unpack(u);
		if (add > UINT32_MAX - count[i])
			u->bad = true;
		else
			count[i++] += (uint32_t)add;
	}
}
