package io.maru.e2e;

import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.AssignmentTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * A key that an operator may set, as the sources declare it: read with the compiler's own parser, so that no service needs to
 * be built for it.
 *
 * @param name as in {@code maru.ingestion.shard-bytes}
 * @param defaultValue empty where there is none
 * @param comment the method's documentation, on one line
 */
record ConfigurationKey(String name, String defaultValue, String comment) {
    /** What Quarkus reads though no file here names it: secrets come by the environment alone. */
    private static final Set<String> BY_ENVIRONMENT_ALONE = Set.of("quarkus.datasource.password");

    private static final Path PLATFORM = RepositoryFiles.file("libs/platform/src/main");

    /** MicroProfile Config's rule: what is no letter or digit becomes an underscore, and letters become capitals. */
    static String environmentName(String key) {
        return key.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
    }

    /** The environment variables that configure a service. */
    static Set<String> environmentNames(String service) {
        Set<String> names = new TreeSet<>();
        keys(service).forEach(key -> names.add(environmentName(key)));
        return names;
    }

    private static Set<String> keys(String service) {
        Set<String> keys = new TreeSet<>(BY_ENVIRONMENT_ALONE);
        keys.addAll(properties(PLATFORM.resolve("resources/META-INF/microprofile-config.properties"))
                .stringPropertyNames());
        keys.addAll(properties(service).stringPropertyNames());
        ofPlatform().forEach(key -> keys.add(key.name()));
        ofService(service).forEach(key -> keys.add(key.name()));
        return keys;
    }

    static Properties properties(String service) {
        return properties(main(service).resolve("resources/application.properties"));
    }

    private static Properties properties(Path file) {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(RepositoryFiles.read(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties;
    }

    static List<ConfigurationKey> ofPlatform() {
        return declaredBelow(PLATFORM.resolve("java"));
    }

    static List<ConfigurationKey> ofService(String service) {
        return declaredBelow(main(service).resolve("java"));
    }

    private static Path main(String service) {
        return RepositoryFiles.file("services/" + service + "/src/main");
    }

    private static List<ConfigurationKey> declaredBelow(Path folder) {
        List<Path> mappings = RepositoryFiles.below(folder, "Config.java");
        List<ConfigurationKey> keys = new ArrayList<>();
        if (mappings.isEmpty()) {
            return keys;
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            JavacTask task = (JavacTask) compiler.getTask(
                    null, files, null, List.of("-proc:none"), null, files.getJavaFileObjectsFromPaths(mappings));
            for (CompilationUnitTree unit : task.parse()) {
                new MappingReader(Trees.instance(task), keys).scan(unit, null);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return keys;
    }

    /** Walks an interface with {@code @ConfigMapping} and the interfaces inside it. */
    private static final class MappingReader extends TreePathScanner<Void, Void> {
        private final Trees trees;
        private final List<ConfigurationKey> keys;

        MappingReader(Trees trees, List<ConfigurationKey> keys) {
            this.trees = trees;
            this.keys = keys;
        }

        @Override
        public Void visitClass(ClassTree type, Void unused) {
            annotation(type.getModifiers().getAnnotations(), "ConfigMapping", "prefix")
                    .ifPresent(prefix -> read(getCurrentPath(), type, prefix));
            return null;
        }

        private void read(TreePath path, ClassTree type, String prefix) {
            Map<String, ClassTree> groups = new HashMap<>();
            for (Tree member : type.getMembers()) {
                if (member instanceof ClassTree group) {
                    groups.put(group.getSimpleName().toString(), group);
                }
            }
            for (Tree member : type.getMembers()) {
                if (member instanceof MethodTree method) {
                    TreePath at = new TreePath(path, method);
                    String name = prefix + "." + kebab(method.getName().toString());
                    ClassTree group = groups.get(method.getReturnType().toString());
                    if (group == null) {
                        keys.add(key(name, method, trees.getDocComment(at)));
                    } else {
                        read(new TreePath(path, group), group, name);
                    }
                }
            }
        }

        private static ConfigurationKey key(String name, MethodTree method, String comment) {
            String text = comment == null ? "" : comment.strip().replaceAll("\\s+", " ");
            return new ConfigurationKey(
                    name,
                    annotation(method.getModifiers().getAnnotations(), "WithDefault", "value")
                            .orElse(""),
                    text.replaceAll("\\{@(?:code|link) ([^}]*)}", "`$1`"));
        }

        private static String kebab(String name) {
            return name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
        }

        private static Optional<String> annotation(
                List<? extends AnnotationTree> annotations, String name, String argument) {
            return annotations.stream()
                    .filter(annotation ->
                            annotation.getAnnotationType().toString().equals(name))
                    .flatMap(annotation -> annotation.getArguments().stream())
                    .flatMap(found -> literal(found, argument).stream())
                    .findFirst();
        }

        private static Optional<String> literal(ExpressionTree found, String argument) {
            if (found instanceof AssignmentTree assignment) {
                return assignment.getVariable().toString().equals(argument)
                        ? literal(assignment.getExpression(), argument)
                        : Optional.empty();
            }
            return found instanceof LiteralTree literal
                    ? Optional.of(String.valueOf(literal.getValue()))
                    : Optional.empty();
        }
    }

    /** The rows of docs/operations.md. */
    static String table() {
        StringBuilder table = new StringBuilder();
        append(table, "Every service", ofPlatform());
        for (String service : RepositoryFiles.SERVICES) {
            append(table, service, ofService(service));
        }
        return table.toString();
    }

    private static void append(StringBuilder table, String title, List<ConfigurationKey> keys) {
        if (keys.isEmpty()) {
            return;
        }
        table.append("\n### ").append(title).append("\n\n| key | default | |\n|---|---|---|\n");
        for (ConfigurationKey key : keys) {
            table.append("| `%s` | %s | %s |\n"
                    .formatted(
                            key.name(),
                            key.defaultValue().isEmpty() ? "" : "`" + key.defaultValue() + "`",
                            key.comment()));
        }
    }

    static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
