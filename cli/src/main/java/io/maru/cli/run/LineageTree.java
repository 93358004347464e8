package io.maru.cli.run;

import io.maru.cli.Output;
import io.maru.control.v1.Lineage;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A lineage as an indented list: below each thing what it was made of, or below a document what was made of it. */
public final class LineageTree {
    private final Map<String, Lineage.Node> nodes = new LinkedHashMap<>();
    private final Lineage lineage;
    private final boolean onwards;
    private final Output output;
    private final Set<String> told = new HashSet<>();

    private LineageTree(Lineage lineage, Output output) {
        this.lineage = lineage;
        this.output = output;
        lineage.getNodesList().forEach(node -> nodes.put(node.getName(), node));
        this.onwards = lineage.getNodes(0).getKind().equals("document");
    }

    public static void print(Lineage lineage, Output output) {
        if (lineage.getNodesCount() > 0) {
            LineageTree tree = new LineageTree(lineage, output);
            tree.print(lineage.getNodes(0).getName(), "", "");
        }
    }

    private void print(String name, String indent, String how) {
        Lineage.Node node = nodes.get(name);
        String facts = new TreeMap<>(node.getFactsMap())
                .entrySet().stream()
                        .map(fact -> fact.getKey() + " " + shown(fact.getValue()))
                        .collect(Collectors.joining(", "));
        boolean again = !told.add(name);
        output.paragraph(
                indent,
                node.getKind() + " " + name + (how.isEmpty() ? "" : ", " + how)
                        + (again ? ", as above" : facts.isEmpty() ? "" : " (" + facts + ")"));
        if (again) {
            return;
        }
        List<Lineage.Edge> next = lineage.getEdgesList().stream()
                .filter(edge -> (onwards ? edge.getOf() : edge.getMade()).equals(name))
                .toList();
        for (Lineage.Edge edge : next) {
            print(onwards ? edge.getMade() : edge.getOf(), indent + "  ", edge.getHow());
        }
    }

    /** On one line, and not all of a digest. */
    private static String shown(String value) {
        String line = value.replaceAll("\\s+", " ");
        if (line.matches("[0-9a-f]{64}")) {
            return line.substring(0, 12);
        }
        return line.length() <= 60 ? line : line.substring(0, line.offsetByCodePoints(0, 60)) + "…";
    }
}
