package io.maru.ingestion;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Who may see whom within the service. */
class RoomsTest {
    private static final String HOME = "io.maru.ingestion";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(HOME);

    @Test
    void domainAndAppArePlain() {
        noClasses()
                .that()
                .resideInAnyPackage(HOME + ".domain", HOME + ".app")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.quarkus..",
                        "io.smallrye..",
                        "jakarta..",
                        "io.grpc..",
                        "com.google.protobuf..",
                        "org.apache.kafka..",
                        "java.sql..",
                        "io.minio..",
                        "io.micrometer..",
                        HOME + ".v1..",
                        "io.maru.platform.database..",
                        "io.maru.platform.event..",
                        "io.maru.platform.grpc..",
                        "io.maru.platform.store..",
                        "io.maru.platform.work..")
                .check(CLASSES);
    }

    @Test
    void domainSeesNoOtherRoom() {
        noClasses()
                .that()
                .resideInAPackage(HOME + ".domain")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(HOME, HOME + ".app", HOME + ".grpc", HOME + ".work", HOME + ".store")
                .check(CLASSES);
    }

    @Test
    void appSeesNoDoor() {
        noClasses()
                .that()
                .resideInAPackage(HOME + ".app")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(HOME, HOME + ".grpc", HOME + ".work", HOME + ".store")
                .check(CLASSES);
    }

    @Test
    void theDoorsDoNotSeeEachOther() {
        slices().matching(HOME + ".(grpc|work|store)")
                .should()
                .notDependOnEachOther()
                .check(CLASSES);
    }
}
