package io.maru.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the documents point to is there. */
class DocumentationTest {
    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#\\s]+)");

    static List<Path> documents() {
        return Stream.concat(
                        RepositoryFiles.below(RepositoryFiles.file("docs"), ".md").stream(),
                        Stream.of(RepositoryFiles.file("CONTRIBUTING.md")))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everyLinkLeadsToAFile(Path document) {
        List<Path> targets = new ArrayList<>();
        Matcher link = LINK.matcher(RepositoryFiles.read(document));
        while (link.find()) {
            targets.add(document.resolveSibling(link.group(1)).normalize());
        }
        assertThat(targets).allSatisfy(target -> assertThat(target).exists());
    }
}
