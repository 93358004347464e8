package io.maru.cli.run;

import io.maru.control.v1.Lineage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A lineage as a picture (SVG 1.1): what came first on the left, an arrow to each thing that was made of it. */
public final class LineageDrawing {
    private static final int WIDTH = 260;
    private static final int HEIGHT = 44;
    private static final int GAP_X = 60;
    private static final int GAP_Y = 20;
    private static final int MAX_LABEL = 38;

    private LineageDrawing() {}

    private record Place(int x, int y) {}

    public static String svg(Lineage lineage) {
        Map<String, Place> places = places(lineage);
        int width = places.values().stream().mapToInt(Place::x).max().orElse(0) + WIDTH + GAP_X;
        int height = places.values().stream().mapToInt(Place::y).max().orElse(0) + HEIGHT + GAP_Y;
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"11\">%n"
                        + "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\""
                        + " orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>%n",
                width,
                height));
        for (Lineage.Edge edge : lineage.getEdgesList()) {
            Place from = places.get(edge.getOf());
            Place to = places.get(edge.getMade());
            svg.append(String.format(
                    Locale.ROOT,
                    "<path d=\"M%d %dL%d %d\" stroke=\"#555\" fill=\"none\" marker-end=\"url(#tip)\"><title>%s</title></path>%n",
                    from.x() + WIDTH,
                    from.y() + HEIGHT / 2,
                    to.x(),
                    to.y() + HEIGHT / 2,
                    escaped(edge.getHow())));
        }
        for (Lineage.Node node : lineage.getNodesList()) {
            Place at = places.get(node.getName());
            svg.append(String.format(
                    Locale.ROOT,
                    "<g><title>%s</title><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\" fill=\"#f4efe6\""
                            + " stroke=\"#8a6d3b\"/><text x=\"%d\" y=\"%d\" font-weight=\"bold\">%s</text>"
                            + "<text x=\"%d\" y=\"%d\">%s</text></g>%n",
                    escaped(node.getName() + " " + node.getFactsMap()),
                    at.x(),
                    at.y(),
                    WIDTH,
                    HEIGHT,
                    at.x() + 8,
                    at.y() + 17,
                    escaped(node.getKind()),
                    at.x() + 8,
                    at.y() + 34,
                    escaped(cut(Names.brief(node.getName())))));
        }
        return svg.append("</svg>").append(System.lineSeparator()).toString();
    }

    /** A column for each number of steps from what came first; within it, the order of the list. */
    private static Map<String, Place> places(Lineage lineage) {
        Map<String, Integer> columns = new LinkedHashMap<>();
        lineage.getNodesList().forEach(node -> columns.put(node.getName(), 0));
        // Each round moves what was made behind all that it was made of; a graph without cycles is at rest after so
        // many.
        for (int round = 0; round < lineage.getNodesCount(); round++) {
            for (Lineage.Edge edge : lineage.getEdgesList()) {
                columns.merge(edge.getMade(), columns.get(edge.getOf()) + 1, Math::max);
            }
        }
        Map<Integer, List<String>> rows = new HashMap<>();
        Map<String, Place> places = new HashMap<>();
        columns.forEach((name, column) -> {
            List<String> inColumn = rows.computeIfAbsent(column, ignored -> new ArrayList<>());
            places.put(
                    name,
                    new Place(GAP_X / 2 + column * (WIDTH + GAP_X), GAP_Y / 2 + inColumn.size() * (HEIGHT + GAP_Y)));
            inColumn.add(name);
        });
        return places;
    }

    private static String cut(String label) {
        return label.length() <= MAX_LABEL ? label : "…" + label.substring(label.length() - MAX_LABEL);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
