/*
 * Sorts the suffixes of a file: SA-IS, as described by Nong, Zhang and Chan, "Two Efficient Algorithms for Linear Time Suffix Array
 * Construction" (IEEE Transactions on Computers, 2011). It takes 4 bytes for each byte of the file, and at most 2.25 more on
 * the way (4 for each of at most half as many names, of one level at a time; a bit for each symbol of each level), where bsdiff's own
 * sorting takes 16, and a fraction of its time (docs/performance.md).
 */
#ifndef HKDIST_SUFFIX_ARRAY_H
#define HKDIST_SUFFIX_ARRAY_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a file, or, one level down, the names of its pieces. Behind the last one is thought a symbol that is less than all. */
typedef struct {
	const uint8_t *bytes;
	const int32_t *names;
	int32_t length;
	int32_t symbols;
} sa_text;

static inline int32_t sa_symbol(const sa_text *text, int32_t at)
{
	return text->bytes ? text->bytes[at] : text->names[at];
}

/* One bit for each suffix: whether it is less than the next one ("S"), or greater ("L"). */
static inline int sa_is_less(const uint8_t *less, int32_t at)
{
	return less[at >> 3] >> (at & 7) & 1;
}

/* Leftmost of a run of S: the suffixes from which all others follow. */
static inline int sa_is_leftmost(const uint8_t *less, int32_t at)
{
	return at > 0 && sa_is_less(less, at) && !sa_is_less(less, at - 1);
}

static uint8_t *sa_types(const sa_text *text)
{
	uint8_t *less = calloc(text->length / 8 + 1, 1);
	int32_t at;

	/* The last suffix is greater than the empty one behind it. */
	for (at = text->length - 2; less && at >= 0; at--) {
		int32_t here = sa_symbol(text, at), next = sa_symbol(text, at + 1);
		if (here < next || (here == next && sa_is_less(less, at + 1)))
			less[at >> 3] |= 1 << (at & 7);
	}
	return less;
}

/* Where the suffixes that begin with each symbol are to be: the first place of each, or the one behind the last. */
static void sa_buckets(const sa_text *text, int32_t *buckets, int ends)
{
	int32_t at, sum = 0;

	memset(buckets, 0, sizeof(int32_t) * text->symbols);
	for (at = 0; at < text->length; at++)
		buckets[sa_symbol(text, at)]++;
	for (at = 0; at < text->symbols; at++) {
		int32_t size = buckets[at];
		sum += size;
		buckets[at] = ends ? sum : sum - size;
	}
}

/* Given the leftmost S at the ends of their buckets in the right order, puts all the others where they belong. */
static void sa_induce(const sa_text *text, const uint8_t *less, int32_t *sorted, int32_t *buckets)
{
	int32_t i, n = text->length;

	sa_buckets(text, buckets, 0);
	sorted[buckets[sa_symbol(text, n - 1)]++] = n - 1;
	for (i = 0; i < n; i++) {
		int32_t before = sorted[i] - 1;
		if (before >= 0 && !sa_is_less(less, before))
			sorted[buckets[sa_symbol(text, before)]++] = before;
	}
	sa_buckets(text, buckets, 1);
	for (i = n - 1; i >= 0; i--) {
		int32_t before = sorted[i] - 1;
		if (before >= 0 && sa_is_less(less, before))
			sorted[--buckets[sa_symbol(text, before)]] = before;
	}
}

/* Whether the pieces from two leftmost S to the next ones are the same. */
static int sa_same_piece(const sa_text *text, const uint8_t *less, int32_t one, int32_t other)
{
	int32_t at;

	for (at = 0; one + at < text->length && other + at < text->length; at++) {
		if (sa_symbol(text, one + at) != sa_symbol(text, other + at) ||
		    sa_is_less(less, one + at) != sa_is_less(less, other + at))
			return 0;
		if (at > 0 && (sa_is_leftmost(less, one + at) || sa_is_leftmost(less, other + at)))
			return sa_is_leftmost(less, one + at) && sa_is_leftmost(less, other + at);
	}
	return 0;
}

/* Fills `sorted`, of the text's length, which is not 0. Returns 0 when there was no memory. */
static int sa_sort(const sa_text *text, int32_t *sorted)
{
	int32_t n = text->length, pieces = 0, names = 0, last = -1, i, at;
	uint8_t *less = sa_types(text);
	int32_t *buckets = malloc(sizeof(int32_t) * text->symbols);
	int done = 0;

	if (!less || !buckets)
		goto end;

	/* Sorts the pieces, by sorting as if their beginnings were in order already. */
	sa_buckets(text, buckets, 1);
	for (i = 0; i < n; i++)
		sorted[i] = -1;
	for (i = 1; i < n; i++)
		if (sa_is_leftmost(less, i))
			sorted[--buckets[sa_symbol(text, i)]] = i;
	sa_induce(text, less, sorted, buckets);
	for (i = 0; i < n; i++)
		if (sa_is_leftmost(less, sorted[i]))
			sorted[pieces++] = sorted[i];

	/* Names them by their order; the names in the text's order are a shorter text. Two pieces begin 2 apart at least. */
	for (i = pieces; i < n; i++)
		sorted[i] = -1;
	for (i = 0; i < pieces; i++) {
		at = sorted[i];
		if (last < 0 || !sa_same_piece(text, less, at, last))
			names++;
		last = at;
		sorted[pieces + at / 2] = names - 1;
	}
	for (i = n - 1, at = n - 1; i >= pieces; i--)
		if (sorted[i] >= 0)
			sorted[at--] = sorted[i];

	{
		int32_t *shorter = sorted + n - pieces;
		sa_text named = { NULL, shorter, pieces, names };

		if (names < pieces) {
			/* Not held through all levels: they would add up. */
			free(buckets);
			buckets = NULL;
			if (!sa_sort(&named, sorted))
				goto end;
			buckets = malloc(sizeof(int32_t) * text->symbols);
			if (!buckets)
				goto end;
		} else {
			for (i = 0; i < pieces; i++)
				sorted[shorter[i]] = i;
		}

		/* What was sorted were numbers of pieces: these are their places. */
		for (i = 1, at = 0; i < n; i++)
			if (sa_is_leftmost(less, i))
				shorter[at++] = i;
		for (i = 0; i < pieces; i++)
			sorted[i] = shorter[sorted[i]];
	}
	for (i = pieces; i < n; i++)
		sorted[i] = -1;
	sa_buckets(text, buckets, 1);
	for (i = pieces - 1; i >= 0; i--) {
		at = sorted[i];
		sorted[i] = -1;
		sorted[--buckets[sa_symbol(text, at)]] = at;
	}
	sa_induce(text, less, sorted, buckets);
	done = 1;
end:
	free(less);
	free(buckets);
	return done;
}

/*
 * The places of all suffixes of a file in their order, the empty one first: length + 1 numbers, to be freed. NULL, with errno, when
 * there is no memory, or the file has 2 GiB or more.
 */
static int32_t *sorted_suffixes(const uint8_t *bytes, int64_t length)
{
	int32_t *sorted;
	sa_text text = { bytes, NULL, (int32_t)length, 256 };

	if (length >= INT32_MAX) {
		errno = EFBIG;
		return NULL;
	}
	sorted = malloc(sizeof(int32_t) * (length + 1));
	if (!sorted)
		return NULL;
	sorted[0] = (int32_t)length;
	if (length > 0 && !sa_sort(&text, sorted + 1)) {
		free(sorted);
		return NULL;
	}
	return sorted;
}

#endif
