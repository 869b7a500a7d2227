-- MySQL dump 10.13  Distrib 8.0.35, for Linux (x86_64)
--
-- Host: localhost    Database: shop
-- ------------------------------------------------------
/*!40101 SET NAMES utf8mb4 */;
DROP TABLE IF EXISTS `orders`;
CREATE TABLE `orders` (
  `id` int NOT NULL AUTO_INCREMENT,
  `order_no` varchar(20) DEFAULT NULL,
  `order_date` datetime DEFAULT NULL,
  `customer_id` varchar(20) DEFAULT NULL,
  `sku` varchar(20),
  `description` text,
  `quantity` int,
  `unit_price` decimal(10,2),
  PRIMARY KEY (`id`),
  KEY `k` (`order_no`)
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8mb4;
LOCK TABLES `orders` WRITE;
INSERT INTO `orders` VALUES (1,'A1','2025-01-03 10:00:00','C1','S1','Tea (green); it\'s \"good\"',2,10.00),(2,'A2','2025-02-04 00:00:00',NULL,'S2','Cup, \nlarge''s',1,20.00);
INSERT INTO `orders` VALUES
(3,'A3','2025-02-05 00:00:00','C1','S2','Tab\there\\',-1,20.00);
UNLOCK TABLES;
CREATE TABLE `users` (
  `id` int NOT NULL,
  `name` varchar(20)
) ENGINE=InnoDB;
INSERT INTO `users` VALUES (1,'Ann');
