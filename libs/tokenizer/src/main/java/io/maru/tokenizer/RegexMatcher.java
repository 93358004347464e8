package io.maru.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/*
 * Of the matches that start at one place the engine of backtracking takes the one that it finds first: alternatives from
 * the left, repetitions as long as they can be. A state here is the list of places in the program where the engine could
 * be after the same text, the one it would try first at the front. One more character leads to the next state; where a
 * place of the list has matched, those behind it are dropped.
 *
 *     a|ab over "ab":   [a|ab]  --a-->  [match, b]  : the first is a match, so b is dropped and "a" is found
 *
 * Characters that no set of the expression tells apart are one class, and a state knows its successor for each class once
 * it has been asked for it: a table that grows with the texts.
 *
 * Trying a match at each place in turn can look at the same text again and again ("\s+$" in a text of spaces). Once
 * that has cost more than a few times the text, a pass from the end of the text to its start tells which places of the
 * program can still come to a match from each character on. Then no try is in vain, and none looks beyond its match.
 */

/** Finds the matches of a {@link Regex}, in time that is linear in the text. Safe for any number of threads. */
final class RegexMatcher implements Finder {
    private static final int BLOCK_BITS = 8;
    private static final int BLOCK = 1 << BLOCK_BITS;
    private static final int NONE = -1;
    /** A table with more states starts anew. */
    private static final int MAX_STATES = 2000;

    private static final int MAX_WASTE = 4;

    private final Regex regex;
    private final short[][] classes;
    /** The class of what stands behind the text, and how many classes there are before it. */
    private final int end;
    /** Whether a set holds a class. */
    private final boolean[][] holds;

    private volatile Table table;

    RegexMatcher(Regex regex) {
        this.regex = regex;
        // Two characters are of one class if they are in the same sets.
        Map<BitSet, Short> numbers = new HashMap<>();
        List<BitSet> members = new ArrayList<>();
        BitSet borders = new BitSet();
        borders.set(0);
        for (BitSet set : regex.sets) {
            for (int from = set.nextSetBit(0), to; from >= 0; from = set.nextSetBit(to)) {
                to = set.nextClearBit(from);
                borders.set(from);
                borders.set(to);
            }
        }
        classes = new short[(Character.MAX_CODE_POINT + 1) >> BLOCK_BITS][];
        short[] flat = new short[Character.MAX_CODE_POINT + 1];
        for (int from = 0, to; from >= 0 && from <= Character.MAX_CODE_POINT; from = to) {
            to = borders.nextSetBit(from + 1);
            to = to < 0 ? Character.MAX_CODE_POINT + 1 : to;
            BitSet member = new BitSet();
            for (int i = 0; i < regex.sets.size(); i++) {
                member.set(i, regex.sets.get(i).get(from));
            }
            Short number = numbers.get(member);
            if (number == null) {
                number = (short) members.size();
                numbers.put(member, number);
                members.add(member);
            }
            Arrays.fill(flat, from, to, number);
        }
        short[] before = null;
        for (int block = 0; block < classes.length; block++) {
            short[] copy = Arrays.copyOfRange(flat, block * BLOCK, (block + 1) * BLOCK);
            classes[block] = before != null && Arrays.equals(before, copy) ? before : copy;
            before = classes[block];
        }
        end = members.size();
        holds = new boolean[regex.sets.size()][end];
        for (int set = 0; set < holds.length; set++) {
            for (int i = 0; i < end; i++) {
                holds[set][i] = members.get(i).get(set);
            }
        }
        table = new Table();
    }

    static Finder of(String regex, String place) {
        return new RegexMatcher(Regex.compile(regex, place));
    }

    /** Where the engine could be after the same text. */
    private static final class State {
        final int[] places;
        /** By the class of the next character; written by any thread, always with the same. */
        final Step[] steps;

        State(int[] places, int classes) {
            this.places = places;
            steps = new Step[classes];
        }
    }

    /**
     * What the next character leads to.
     *
     * @param matched whether the text before it is a match
     * @param next null if nothing more can be
     */
    private record Step(boolean matched, State next) {}

    private final class Table {
        final Map<List<Integer>, State> states = new ConcurrentHashMap<>();
        final State start = state(new int[] {0}, 1);

        State state(int[] places, int count) {
            int[] own = Arrays.copyOf(places, count);
            return states.computeIfAbsent(Arrays.stream(own).boxed().toList(), key -> new State(own, end + 1));
        }
    }

    private int classAt(byte[] text, int at) {
        int codePoint = Utf8.codePoint(text, at);
        return classes[codePoint >> BLOCK_BITS][codePoint & (BLOCK - 1)];
    }

    @Override
    public void find(byte[] text, int start, int limit, Matches matches) {
        long waste = 0;
        long bound = (long) MAX_WASTE * (limit - start) + BLOCK;
        int at = start;
        while (at < limit) {
            Table now = table;
            State state = now.start;
            int matchEnd = NONE;
            int i = at;
            while (true) {
                int kind = i < limit ? classAt(text, i) : end;
                Step step = state.steps[kind];
                if (step == null) {
                    step = step(now, state, kind);
                    state.steps[kind] = step;
                }
                if (step.matched()) {
                    matchEnd = i;
                }
                state = step.next();
                if (state == null) {
                    break;
                }
                i += Utf8.length(text[i]);
            }
            int next = matchEnd > at ? matchEnd : at + Utf8.length(text[at]);
            if (matchEnd > at) {
                matches.match(at, matchEnd);
            }
            at = next;
            waste += Math.max(0, i - next);
            if (waste > bound) {
                findFromTheEnd(text, at, limit, matches);
                return;
            }
        }
    }

    private Step step(Table now, State state, int kind) {
        Places next = new Places();
        boolean matched = next.after(state.places, kind);
        if (next.size == 0) {
            return new Step(matched, null);
        }
        if (now.states.size() > MAX_STATES) {
            table = new Table();
        }
        return new Step(matched, now.state(next.places, next.size));
    }

    /** The places of the program after a character, in the order in which they are tried. */
    private final class Places {
        final int[] places = new int[regex.kinds.length];
        final BitSet has = new BitSet();
        final BitSet seen = new BitSet();
        final int[] stack = new int[2 * regex.kinds.length + 2];
        int size;

        /** Whether one of {@code before} has matched; those behind it are not looked at. */
        boolean after(int[] before, int kind) {
            for (int place : before) {
                int depth = 0;
                stack[depth++] = place;
                while (depth > 0) {
                    int at = stack[--depth];
                    if (seen.get(at)) {
                        continue;
                    }
                    seen.set(at);
                    switch (regex.kinds[at]) {
                        case Regex.MATCH -> {
                            return true;
                        }
                        case Regex.SPLIT -> {
                            stack[depth++] = regex.other[at];
                            stack[depth++] = regex.next[at];
                        }
                        case Regex.LOOK -> {
                            if (isAhead(at, kind)) {
                                stack[depth++] = regex.next[at];
                            }
                        }
                        default -> {
                            if (kind < end && holds[regex.set[at]][kind] && !has.get(regex.next[at])) {
                                has.set(regex.next[at]);
                                places[size++] = regex.next[at];
                            }
                        }
                    }
                }
            }
            return false;
        }
    }

    private boolean isAhead(int look, int kind) {
        return kind == end ? regex.atEnd[look] : holds[regex.set[look]][kind];
    }

    /** Does what {@link #find} does, by knowing for each character which places of the program come to a match from there on. */
    private void findFromTheEnd(byte[] text, int start, int limit, Matches matches) {
        // By character, since a text has fewer of them than bytes.
        int[] starts = new int[limit - start + 1];
        int count = 0;
        for (int at = start; at < limit; at += Utf8.length(text[at])) {
            starts[count++] = at;
        }
        starts[count] = limit;
        List<BitSet> known = new ArrayList<>();
        Map<BitSet, Integer> numbers = new HashMap<>();
        Map<Long, Integer> steps = new HashMap<>();
        int[] matching = new int[count + 1];
        int following = NONE;
        for (int i = count; i >= 0; i--) {
            int kind = i < count ? classAt(text, starts[i]) : end;
            long key = (long) (following + 1) << Integer.SIZE | kind;
            Integer number = steps.get(key);
            if (number == null) {
                BitSet set = matching(following == NONE ? new BitSet() : known.get(following), kind);
                number = numbers.computeIfAbsent(set, added -> {
                    known.add(added);
                    return known.size() - 1;
                });
                steps.put(key, number);
            }
            matching[i] = number;
            following = number;
        }
        int i = 0;
        while (i < count) {
            if (!known.get(matching[i]).get(0)) {
                i++;
                continue;
            }
            int from = i;
            int place = 0;
            while (true) {
                int kind = i < count ? classAt(text, starts[i]) : end;
                place = first(place, kind, i < count ? known.get(matching[i + 1]) : new BitSet());
                if (place == NONE) {
                    break;
                }
                i++;
            }
            matches.match(starts[from], starts[i]);
        }
    }

    /** The places that come to a match where the next character is of {@code kind} and {@code after} come to one behind it. */
    private BitSet matching(BitSet after, int kind) {
        int size = regex.kinds.length;
        BitSet all = new BitSet(size);
        boolean grows = true;
        while (grows) {
            grows = false;
            for (int at = 0; at < size; at++) {
                boolean comes = !all.get(at)
                        && switch (regex.kinds[at]) {
                            case Regex.MATCH -> true;
                            case Regex.SPLIT -> all.get(regex.next[at]) || all.get(regex.other[at]);
                            case Regex.LOOK -> isAhead(at, kind) && all.get(regex.next[at]);
                            default -> kind < end && holds[regex.set[at]][kind] && after.get(regex.next[at]);
                        };
                if (comes) {
                    all.set(at);
                    grows = true;
                }
            }
        }
        return all;
    }

    /** The place behind the next character that is tried first of those that come to a match, or NONE if this is its end. */
    private int first(int place, int kind, BitSet after) {
        BitSet seen = new BitSet();
        int[] stack = new int[2 * regex.kinds.length + 2];
        int depth = 0;
        stack[depth++] = place;
        while (depth > 0) {
            int at = stack[--depth];
            if (seen.get(at)) {
                continue;
            }
            seen.set(at);
            switch (regex.kinds[at]) {
                case Regex.MATCH -> {
                    return NONE;
                }
                case Regex.SPLIT -> {
                    stack[depth++] = regex.other[at];
                    stack[depth++] = regex.next[at];
                }
                case Regex.LOOK -> {
                    if (isAhead(at, kind)) {
                        stack[depth++] = regex.next[at];
                    }
                }
                default -> {
                    if (kind < end && holds[regex.set[at]][kind] && after.get(regex.next[at])) {
                        return regex.next[at];
                    }
                }
            }
        }
        throw new IllegalStateException("a place that comes to a match has none");
    }
}
