package io.maru.inference.app;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/*
 *     a has 3 waiting, b has 1       next is a, then b, then a, then a
 *
 * A workspace goes to the end when one of its items is taken, so one with a thousand items holds up the single item of another
 * by one item at most.
 */
/** A waiting line in which workspaces take turns. Safe for several threads. */
final class FairLine<T> {
    private final int takers;
    private final int capacity;

    /** What waits, by workspace, in the order of their turns; none is empty. Guarded by this. */
    private final Map<String, Deque<T>> waiting = new LinkedHashMap<>();

    private int inHand;
    private boolean closed;

    /**
     * @param takers items that are in hand at once
     * @param capacity items of one workspace that wait for a taker at once
     */
    FairLine(int takers, int capacity) {
        this.takers = takers;
        this.capacity = capacity;
    }

    /** Adds an item; false where as many wait as may, or the line is closed. */
    synchronized boolean offer(String workspace, T item) {
        int own = waiting.containsKey(workspace) ? waiting.get(workspace).size() : 0;
        // What a free taker is about to take does not wait for one.
        if (closed || own >= capacity + Math.max(0, takers - inHand)) {
            return false;
        }
        waiting.computeIfAbsent(workspace, id -> new ArrayDeque<>()).add(item);
        notify();
        return true;
    }

    /** Takes the next item, and waits until there is one. It is in hand until {@link #done}. */
    synchronized T take() throws InterruptedException {
        while (waiting.isEmpty()) {
            wait();
        }
        Iterator<Map.Entry<String, Deque<T>>> turns = waiting.entrySet().iterator();
        Map.Entry<String, Deque<T>> turn = turns.next();
        String workspace = turn.getKey();
        Deque<T> own = turn.getValue();
        turns.remove();
        T item = own.remove();
        inHand++;
        if (!own.isEmpty()) {
            waiting.put(workspace, own);
        }
        return item;
    }

    /** Ends what was taken. */
    synchronized void done() {
        inHand--;
    }

    synchronized int inHand() {
        return inHand;
    }

    /** Takes back an item, if it still waits. */
    synchronized void remove(String workspace, T item) {
        Deque<T> own = waiting.get(workspace);
        if (own != null && own.remove(item) && own.isEmpty()) {
            waiting.remove(workspace);
        }
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /** Lets nothing in any more, and gives what waits. */
    synchronized List<T> close() {
        closed = true;
        List<T> left = new ArrayList<>();
        waiting.values().forEach(left::addAll);
        waiting.clear();
        return left;
    }
}
