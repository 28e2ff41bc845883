import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Map;
import java.util.function.Supplier;

/**
 * One OpenSearch node on loopback, for tests. Prints "listening ADDRESS" once it serves, and ends when standard input does.
 *
 * The server's classes are of Java 21 and are called by reflection, so that any compiler of Java 17 or later takes this one.
 *
 * Arguments: the folder of the unpacked server, a folder for its data.
 */
public final class TestNode {
    public static void main(String[] args) throws Exception {
        Thread.setDefaultUncaughtExceptionHandler((thread, error) -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
        });
        Map<String, Object> settings = Map.of(
            "path.home", args[0],
            "path.data", args[1],
            "path.logs", args[1],
            "cluster.name", "casetrail",
            "discovery.type", "single-node",
            "network.host", "127.0.0.1",
            "http.port", "0",
            "transport.port", "0",
            "cluster.routing.allocation.disk.threshold_enabled", "false"
        );
        Object built = call(call(call(type("common.settings.Settings"), "builder"), "loadFromMap", settings), "build");
        Supplier<String> name = () -> "test";
        Class<?> preparer = type("node.InternalSettingsPreparer");
        Object environment = call(preparer, "prepareEnvironment", built, Map.of(), null, name);
        call(type("common.logging.LogConfigurator"), "configureWithoutConfig", built);
        Object node = type("node.Node").getConstructor(type("env.Environment")).newInstance(environment);
        call(node, "start");
        Object transport = call(call(node, "injector"), "getInstance", type("http.HttpServerTransport"));
        System.out.println("listening " + call(call(transport, "boundAddress"), "publishAddress"));
        while (System.in.read() >= 0) {
        }
        Runtime.getRuntime().halt(0);
    }

    private static Class<?> type(String name) throws ClassNotFoundException {
        return Class.forName("org.opensearch." + name);
    }

    /** Calls a method of an object, or a static one of a class, by its name and the number of its arguments. */
    private static Object call(Object target, String name, Object... arguments) throws Exception {
        boolean isStatic = target instanceof Class;
        Class<?> owner = isStatic ? (Class<?>) target : target.getClass();
        for (Method method : owner.getMethods()) {
            boolean named = method.getName().equals(name) && method.getParameterCount() == arguments.length;
            if (named && Modifier.isStatic(method.getModifiers()) == isStatic && takes(method, arguments)) {
                method.setAccessible(true);
                return method.invoke(isStatic ? null : target, arguments);
            }
        }
        throw new NoSuchMethodException(owner + "." + name);
    }

    private static boolean takes(Method method, Object[] arguments) {
        for (int place = 0; place < arguments.length; place++) {
            if (arguments[place] != null && !method.getParameterTypes()[place].isInstance(arguments[place])) {
                return false;
            }
        }
        return true;
    }
}
